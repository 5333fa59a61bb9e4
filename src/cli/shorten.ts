import { join, relative } from "node:path";

/** A path as the user would type it. */
export function shorten(path: string): string {
  const near = relative(process.cwd(), path);
  return near.startsWith("..") ? path : join(".", near);
}
