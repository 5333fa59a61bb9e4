export type Action =
  | "next-mismatch"
  | "previous-mismatch"
  | "next"
  | "previous"
  | "next-plane"
  | "previous-plane"
  | "search"
  | "help"
  | "escape";

/** The keys, in the order in which the help lists them. */
export const SHORTCUTS: readonly { readonly key: string; readonly action: Action; readonly words: string }[] = [
  { key: "n", action: "next-mismatch", words: "next mismatch" },
  { key: "p", action: "previous-mismatch", words: "previous mismatch" },
  { key: "j", action: "next", words: "next layer" },
  { key: "k", action: "previous", words: "previous layer" },
  { key: "]", action: "next-plane", words: "next plane of a picture" },
  { key: "[", action: "previous-plane", words: "previous plane of a picture" },
  { key: "/", action: "search", words: "search; Enter opens the first layer found" },
  { key: "?", action: "help", words: "this list" },
  { key: "Escape", action: "escape", words: "close, clear the search, or go back to all layers" },
];

/**
 * What a key asks for, or null. Keys with Ctrl, Alt or Meta are the browser's; letters typed into a field are text, where only
 * Escape counts. Pure.
 */
export function actionOf(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "altKey" | "metaKey">,
  typing: boolean,
): Action | null {
  if (event.ctrlKey || event.altKey || event.metaKey) return null;
  const found = SHORTCUTS.find((one) => one.key === event.key) ?? null;
  if (found === null || (typing && found.action !== "escape")) return null;
  return found.action;
}

/** Whether keys pressed there are text. */
export function takesText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches("input, textarea, select, [contenteditable]");
}
