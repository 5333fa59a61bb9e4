import { type ErrorPlace, formatError, ParityError } from "../errors.js";
import { MAX_PICKLE_MARKS, MAX_PICKLE_OBJECTS, MAX_PICKLE_STACK } from "./limits.js";
import type { PickleReader } from "./pickle-reader.js";
import { isPickleObject, type PickleGlobal, type PickleValue, setEntry } from "./pickle-values.js";

/** What the pickle may mean. Each function throws a ParityError for what it does not allow. */
export interface PickleMeaning {
  /** Called for every global that the pickle names. */
  findGlobal(module: string, name: string, where: ErrorPlace): PickleGlobal;
  /** Called for every call of a global (REDUCE, NEWOBJ). */
  call(callee: PickleGlobal, args: readonly PickleValue[], where: ErrorPlace): PickleValue;
  /** Called for every persistent id. */
  load(id: PickleValue, where: ErrorPlace): PickleValue;
}

/** The stack, marks and memo of a pickle being read. Whatever a damaged pickle asks for in vain is FORMAT_INVALID. */
export class PickleMachine {
  readonly reader: PickleReader;
  readonly meaning: PickleMeaning;
  #stack: PickleValue[] = [];
  /** Stacks set aside by `mark`. */
  readonly #marked: PickleValue[][] = [];
  /** Writers number their memo from 0 on; numbers out of that order go to `#scattered`. */
  readonly #memo: PickleValue[] = [];
  readonly #scattered = new Map<number, PickleValue>();
  #objects = 0;

  constructor(reader: PickleReader, meaning: PickleMeaning) {
    this.reader = reader;
    this.meaning = meaning;
  }

  broken(problem: string): ParityError {
    return formatError(`the pickle is damaged: ${problem}`, this.reader.place(), "Fetch or write the file again.");
  }

  /** Pushes a new value. */
  push(value: PickleValue): void {
    if (typeof value === "object" && value !== null) this.#countObjects(1);
    this.#pushAgain(value);
  }

  #pushAgain(value: PickleValue): void {
    if (this.#stack.length >= MAX_PICKLE_STACK) throw this.#tooMuch(`${MAX_PICKLE_STACK} values at once`);
    this.#stack.push(value);
  }

  /** Refuses what would use up the memory, before it does. */
  #countObjects(more: number): void {
    this.#objects += more;
    if (this.#objects > MAX_PICKLE_OBJECTS) throw this.#tooMuch(`more than ${MAX_PICKLE_OBJECTS} objects`);
  }

  #tooMuch(what: string): ParityError {
    return formatError(`the pickle builds ${what}, beyond any checkpoint`, this.reader.place());
  }

  pop(): PickleValue {
    const value = this.#stack.pop();
    if (value === undefined) throw this.broken("it takes a value that was never pushed");
    return value;
  }

  #top(): PickleValue {
    const value = this.#stack.at(-1);
    if (value === undefined) throw this.broken("it names a value that was never pushed");
    return value;
  }

  mark(): void {
    if (this.#marked.length >= MAX_PICKLE_MARKS) throw this.#tooMuch(`${MAX_PICKLE_MARKS} groups within each other`);
    this.#marked.push(this.#stack);
    this.#stack = [];
  }

  /** Takes everything pushed since the last mark. */
  popMark(): PickleValue[] {
    const items = this.#stack;
    const below = this.#marked.pop();
    if (below === undefined) throw this.broken("it closes a group that was never opened");
    this.#stack = below;
    return items;
  }

  /** Pops `size` values in the order in which they were pushed. */
  popMany(size: number): PickleValue[] {
    return Array.from({ length: size }, () => this.pop()).reverse();
  }

  append(items: readonly PickleValue[]): void {
    const list = this.#top();
    if (!isPickleObject(list) || list.kind !== "list") throw this.broken("it appends to something that is not a list");
    for (const item of items) list.items.push(item);
  }

  /** Sets key, value, key, value, … of the dict on top. */
  setItems(flat: readonly PickleValue[]): void {
    const dict = this.#top();
    if (!isPickleObject(dict) || dict.kind !== "dict")
      throw this.broken("it sets items of something that is not a dict");
    if (flat.length % 2 !== 0) throw this.broken("a key has no value");
    this.#countObjects(flat.length / 2);
    for (let i = 0; i < flat.length; i += 2) setEntry(dict, flat[i] ?? null, flat[i + 1] ?? null);
  }

  /** Stores the top of the stack; without an index, under the next free one. */
  memoize(index = this.#memo.length + this.#scattered.size): void {
    if (this.#memo.length + this.#scattered.size >= MAX_PICKLE_STACK) {
      throw this.#tooMuch(`${MAX_PICKLE_STACK} remembered values`);
    }
    if (index <= this.#memo.length) this.#memo[index] = this.#top();
    else this.#scattered.set(index, this.#top());
  }

  recall(index: number): void {
    const value = index < this.#memo.length ? this.#memo[index] : this.#scattered.get(index);
    if (value === undefined) throw this.broken(`it recalls memo ${index}, which was never stored`);
    this.#pushAgain(value);
  }

  findGlobal(module: PickleValue, name: PickleValue): void {
    if (typeof name !== "string" || typeof module !== "string") throw this.broken("a global's name is not text");
    this.push(this.meaning.findGlobal(module, name, this.reader.place()));
  }

  call(): void {
    const args = this.pop();
    const callee = this.pop();
    if (!isPickleObject(callee) || callee.kind !== "global")
      throw this.broken("it calls something that is not a global");
    if (!isPickleObject(args) || args.kind !== "tuple") throw this.broken("the arguments of a call are not a tuple");
    this.push(this.meaning.call(callee, args.items, this.reader.place()));
  }

  /** Drops attributes: an OrderedDict's (module versions) say nothing about its tensors. */
  build(): void {
    this.pop();
    const target = this.#top();
    if (isPickleObject(target) && target.kind === "dict") return;
    throw new ParityError("FORMAT_UNSUPPORTED", "the pickle sets attributes of something that is not an OrderedDict", {
      where: this.reader.place(),
      hint: "Save a plain state dict: torch.save(model.state_dict(), 'state.pt').",
    });
  }
}
