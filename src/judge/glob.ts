/**
 * Matches a tap's name (`h.3.attn.c_proj`, `model/h3/attn/c_proj`) against a glob: `*` is any run of characters within
 * one part of the name, `**` any run at all, `?` one character, `{a,b}` either of several. Parts end at `.` and `/`.
 */
export function matchesGlob(glob: string, name: string): boolean {
  return globToRegExp(glob).test(name);
}

function globToRegExp(glob: string): RegExp {
  let pattern = "";
  /** Where the groups that are open here end; a brace without its partner is a character like any other. */
  const ends: number[] = [];
  for (let i = 0; i < glob.length; i++) {
    const char = glob.charAt(i);
    if (char === "*" && glob[i + 1] === "*") {
      pattern += ".*";
      i++;
    } else if (char === "*") pattern += "[^./]*";
    else if (char === "?") pattern += "[^./]";
    else if (char === "{" && closingBrace(glob, i) !== null) {
      pattern += "(?:";
      ends.push(closingBrace(glob, i) ?? 0);
    } else if (char === "}" && ends.at(-1) === i) {
      pattern += ")";
      ends.pop();
    } else if (char === "," && ends.length > 0) pattern += "|";
    else pattern += char.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  }
  return new RegExp(`^${pattern}$`, "s");
}

function closingBrace(glob: string, open: number): number | null {
  let depth = 0;
  for (let i = open; i < glob.length; i++) {
    if (glob[i] === "{") depth++;
    else if (glob[i] === "}" && --depth === 0) return i;
  }
  return null;
}
