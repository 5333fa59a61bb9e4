import { InvalidArgumentError } from "commander";

/** More jobs than this is a typing error. */
const MOST_SHARDS = 10_000;

/** `never`, `auto` or `always`. */
export function parseSelfNoise(text: string): "never" | "auto" | "always" {
  if (text === "never" || text === "auto" || text === "always") return text;
  throw new InvalidArgumentError("Expected never, auto or always.");
}

/** `2/3`: the second of three. */
export function parseShard(text: string): { index: number; count: number } {
  const [, index = 0, count = 0] = (/^(\d{1,5})\/(\d{1,5})$/.exec(text) ?? []).map(Number);
  if (index >= 1 && index <= count && count <= MOST_SHARDS) return { index, count };
  throw new InvalidArgumentError("Expected i/n with i from 1 to n, such as 1/3.");
}
