import { Chalk } from "chalk";

/** The few styles that the terminal view uses, each named by what it says. */
export interface Paint {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly unsure: (text: string) => string;
  readonly strong: (text: string) => string;
  readonly quiet: (text: string) => string;
  readonly place: (text: string) => string;
}

/** Sixteen colours only, so that the reader's own theme decides how they look; without colour every style is the text. */
export function createPaint(color: boolean): Paint {
  const chalk = new Chalk({ level: color ? 1 : 0 });
  return {
    good: (text) => chalk.green(text),
    bad: (text) => chalk.red(text),
    unsure: (text) => chalk.yellow(text),
    strong: (text) => chalk.bold(text),
    quiet: (text) => chalk.dim(text),
    place: (text) => chalk.cyan(text),
  };
}
