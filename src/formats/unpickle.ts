import { type ErrorPlace, ParityError } from "../errors.js";
import { PickleMachine, type PickleMeaning } from "./pickle-machine.js";
import { PickleReader } from "./pickle-reader.js";
import { emptyDict, type PickleValue } from "./pickle-values.js";

/** Largest integer (bytes) that a checkpoint needs: random seeds and 128-bit ids fit; conversion time grows with the square. */
const MAX_INTEGER_BYTES = 256;

const STOP = 0x2e;

type Action = (machine: PickleMachine) => void;

/** The opcodes of protocols 2 to 5 that `torch.save` emits, by number; names as in Python's pickletools. */
const ACTIONS: ReadonlyMap<number, Action> = new Map<number, Action>([
  [0x80, (m) => checkProtocol(m)], // PROTO
  [0x95, (m) => void m.reader.take(8)], // FRAME: its length only helps readers of streams
  [0x28, (m) => m.mark()], // MARK
  [0x30, (m) => void m.pop()], // POP
  [0x4e, (m) => m.push(null)], // NONE
  [0x88, (m) => m.push(true)], // NEWTRUE
  [0x89, (m) => m.push(false)], // NEWFALSE
  [0x4b, (m) => m.push(m.reader.uint8())], // BININT1
  [0x4d, (m) => m.push(m.reader.uint16())], // BININT2
  [0x4a, (m) => m.push(m.reader.int32())], // BININT
  [0x8a, (m) => pushInteger(m, m.reader.uint8())], // LONG1
  [0x8b, (m) => pushInteger(m, m.reader.int32())], // LONG4
  [0x47, (m) => m.push(m.reader.float64())], // BINFLOAT
  [0x8c, (m) => m.push(m.reader.text(m.reader.uint8()))], // SHORT_BINUNICODE
  [0x58, (m) => m.push(m.reader.text(m.reader.uint32()))], // BINUNICODE
  [0x8d, (m) => m.push(m.reader.text(m.reader.uint64()))], // BINUNICODE8
  [0x55, (m) => m.push(m.reader.text(m.reader.uint8()))], // SHORT_BINSTRING, Python 2's text
  [0x54, (m) => m.push(m.reader.text(m.reader.int32()))], // BINSTRING
  [0x43, (m) => pushBytes(m, m.reader.uint8())], // SHORT_BINBYTES
  [0x42, (m) => pushBytes(m, m.reader.uint32())], // BINBYTES
  [0x8e, (m) => pushBytes(m, m.reader.uint64())], // BINBYTES8
  [0x7d, (m) => m.push(emptyDict())], // EMPTY_DICT
  [0x5d, (m) => m.push({ kind: "list", items: [] })], // EMPTY_LIST
  [0x29, (m) => m.push({ kind: "tuple", items: [] })], // EMPTY_TUPLE
  [0x8f, (m) => m.push({ kind: "other", what: "set" })], // EMPTY_SET
  [0x85, (m) => m.push({ kind: "tuple", items: m.popMany(1) })], // TUPLE1
  [0x86, (m) => m.push({ kind: "tuple", items: m.popMany(2) })], // TUPLE2
  [0x87, (m) => m.push({ kind: "tuple", items: m.popMany(3) })], // TUPLE3
  [0x74, (m) => m.push({ kind: "tuple", items: m.popMark() })], // TUPLE
  [0x6c, (m) => m.push({ kind: "list", items: m.popMark() })], // LIST
  [0x91, (m) => pushFrozenSet(m)], // FROZENSET
  [0x90, (m) => void m.popMark()], // ADDITEMS: nobody reads the members of a set
  [0x61, (m) => m.append(m.popMany(1))], // APPEND
  [0x65, (m) => m.append(m.popMark())], // APPENDS
  [0x73, (m) => m.setItems(m.popMany(2))], // SETITEM
  [0x75, (m) => m.setItems(m.popMark())], // SETITEMS
  [0x71, (m) => m.memoize(m.reader.uint8())], // BINPUT
  [0x72, (m) => m.memoize(m.reader.uint32())], // LONG_BINPUT
  [0x94, (m) => m.memoize()], // MEMOIZE
  [0x68, (m) => m.recall(m.reader.uint8())], // BINGET
  [0x6a, (m) => m.recall(m.reader.uint32())], // LONG_BINGET
  [0x63, (m) => m.findGlobal(m.reader.line(), m.reader.line())], // GLOBAL
  [0x93, (m) => m.findGlobal(...popPair(m))], // STACK_GLOBAL
  [0x51, (m) => m.push(m.meaning.load(m.pop(), m.reader.place()))], // BINPERSID
  [0x52, (m) => m.call()], // REDUCE
  [0x81, (m) => m.call()], // NEWOBJ
  [0x62, (m) => m.build()], // BUILD
]);

/**
 * Interprets a pickle (protocols 2 to 5, the opcodes that `torch.save` emits) without executing anything: what globals,
 * calls and persistent ids mean is `meaning`'s decision. Throws FORMAT_INVALID / FORMAT_UNSUPPORTED.
 */
export function unpickle(bytes: Uint8Array, meaning: PickleMeaning, where: ErrorPlace): PickleValue {
  const reader = new PickleReader(bytes, where);
  const machine = new PickleMachine(reader, meaning);
  for (;;) {
    const { offset } = reader;
    const opcode = reader.uint8();
    if (opcode === STOP) return machine.pop();
    const action = ACTIONS.get(opcode);
    if (action === undefined) {
      const shown = `0x${opcode.toString(16).padStart(2, "0")}`;
      throw new ParityError(
        "FORMAT_UNSUPPORTED",
        `the pickle uses opcode ${shown}, which torch.save does not write for a state dict`,
        { where: reader.place(offset), hint: "Save a plain state dict: torch.save(model.state_dict(), 'state.pt')." },
      );
    }
    action(machine);
  }
}

function checkProtocol(machine: PickleMachine): void {
  const place = machine.reader.place();
  const protocol = machine.reader.uint8();
  if (protocol < 2 || protocol > 5) {
    throw new ParityError("FORMAT_UNSUPPORTED", `the pickle has protocol ${protocol}; parity reads 2 to 5`, {
      where: place,
    });
  }
}

function pushInteger(machine: PickleMachine, length: number): void {
  if (length > MAX_INTEGER_BYTES) throw machine.broken(`an integer has ${length} bytes`);
  machine.push(machine.reader.integer(length));
}

function pushBytes(machine: PickleMachine, length: number): void {
  machine.push(new Uint8Array(machine.reader.take(length)));
}

function pushFrozenSet(machine: PickleMachine): void {
  machine.popMark();
  machine.push({ kind: "other", what: "frozenset" });
}

function popPair(machine: PickleMachine): [module: PickleValue, name: PickleValue] {
  const name = machine.pop();
  return [machine.pop(), name];
}
