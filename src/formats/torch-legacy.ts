import { ParityError } from "../errors.js";

/** PROTO 2 and the integer 0x1950a86a20f9469cfc6c, with which `torch.save` began its files before version 1.6. */
const LEGACY_MAGIC = Buffer.from("80028a0a6cfc9c46f9206aa850", "hex");

/** True when a file begins as a pickle does (protocols 2 to 5). */
export function isPickle(beginning: Uint8Array): boolean {
  const protocol = beginning[1] ?? 0;
  return beginning[0] === 0x80 && protocol >= 2 && protocol <= 5;
}

/** The error for a `.pt` file that is a bare pickle: how to convert it. */
export function legacyPickleError(path: string, beginning: Uint8Array): ParityError {
  const legacy = Buffer.from(beginning).subarray(0, LEGACY_MAGIC.length).equals(LEGACY_MAGIC);
  // Names that would need quoting are left for the user to fill in.
  const name = /^[\w./-]+$/.test(path) ? path : "old.pt";
  const command = `python -c "import torch; torch.save(torch.load('${name}', map_location='cpu', weights_only=True), 'new.pt')"`;
  return new ParityError(
    "FORMAT_UNSUPPORTED",
    legacy
      ? `${path} has the format that torch.save wrote before PyTorch 1.6, which parity does not read`
      : `${path} is a bare Python pickle, which parity does not read`,
    {
      where: { file: path, offset: 0 },
      hint: legacy
        ? `Convert it: ${command}`
        : `If PyTorch wrote it, convert it: ${command} - otherwise save its arrays as .npz or safetensors.`,
    },
  );
}
