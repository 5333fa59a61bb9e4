/**
 * The parts of a tap's id: `h.0.attn` → h, 0, attn; `h.0@2[1]` → h, 0, @2, [1]; dots inside brackets (`[0.1]`) part nothing.
 * The names come from the harness (docs/protocol.md). Pure.
 */
export function splitPath(id: string): string[] {
  const tail = /((?:@\d+)?)((?:\[[^\]]*\])?)$/.exec(id);
  const [whole = "", call = "", slot = ""] = tail ?? [];
  const path = id.slice(0, id.length - whole.length);
  // An id that is nothing but brackets is a name all the same.
  if (path === "") return [id];
  return [...path.split("."), call, slot].filter((part) => part !== "");
}
