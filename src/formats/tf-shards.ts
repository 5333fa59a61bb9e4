import { statSync } from "node:fs";
import { formatError, ParityError } from "../errors.js";
import { type FileBytes, openFileBytes } from "./file-bytes.js";

/** Node reads at most 2^31 - 1 bytes in one call. */
const MAX_READ_BYTES = 2 ** 30;

/** A run of bytes in a shard that some tensor needs. */
export interface ShardNeed {
  readonly name: string;
  readonly shard: number;
  readonly offset: number;
  readonly size: number;
}

/** The `.data-*` files of a checkpoint: opened when first read, closed together. */
export class Shards {
  private readonly open = new Map<number, FileBytes>();
  private closed = false;

  constructor(
    private readonly prefix: string,
    readonly count: number,
  ) {}

  path(shard: number): string {
    const digits = (value: number) => String(value).padStart(5, "0");
    return `${this.prefix}.data-${digits(shard)}-of-${digits(this.count)}`;
  }

  /**
   * Checks by their sizes alone that the files hold all that is needed. Throws FILE_NOT_FOUND for a missing shard and
   * FORMAT_INVALID for one that ends too early; both name the first tensor concerned.
   */
  checkSizes(needs: readonly ShardNeed[]): void {
    const expected = new Map<number, number>();
    for (const { shard, offset, size } of needs) expected.set(shard, Math.max(expected.get(shard) ?? 0, offset + size));
    for (const [shard, size] of [...expected].sort(([a], [b]) => a - b)) {
      const file = this.path(shard);
      const stat = statSync(file, { throwIfNoEntry: false });
      const actual = stat?.isFile() === true ? stat.size : 0;
      if (stat !== undefined && actual >= size) continue;
      const beyond = needs.filter(
        (need) => need.shard === shard && (stat === undefined || need.offset + need.size > actual),
      );
      const first = beyond.reduce((a, b) => (b.offset < a.offset ? b : a));
      const lost = `${first.name}${beyond.length > 1 ? ` and ${beyond.length - 1} more tensors` : ""}`;
      if (stat === undefined) {
        throw new ParityError(
          "FILE_NOT_FOUND",
          `The shard ${file} is missing; ${size} bytes are expected there, for ${lost}`,
          {
            where: { file, key: first.name },
            hint: "Copy the file again: a checkpoint needs all of its .data-* files.",
          },
        );
      }
      throw formatError(
        `The shard ${file} is cut off: ${size} bytes are expected, it has ${actual}; ${lost} beyond its end ` +
          `(${first.name} takes bytes ${first.offset} to ${first.offset + first.size})`,
        { file, offset: actual, key: first.name },
        "Copy the file again.",
      );
    }
  }

  /** Fills `target` from `offset` of a shard. */
  read(shard: number, target: Uint8Array, offset: number): void {
    const file = this.opened(shard);
    for (let done = 0; done < target.length; done += MAX_READ_BYTES) {
      file.read(target.subarray(done, done + MAX_READ_BYTES), offset + done);
    }
  }

  private opened(shard: number): FileBytes {
    if (this.closed) throw new Error(`${this.prefix} was read after it was closed`);
    let file = this.open.get(shard);
    if (file === undefined) {
      file = openFileBytes(this.path(shard));
      this.open.set(shard, file);
    }
    return file;
  }

  close(): void {
    this.closed = true;
    for (const file of this.open.values()) file.close();
    this.open.clear();
  }
}
