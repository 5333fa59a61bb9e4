/**
 * Matches a tap's name (`h.3.attn.c_proj`, `model/h3/attn/c_proj`) against a glob: `*` is any run of characters within
 * one part of the name, `**` any run at all, `?` one character, `{a,b}` either of several. Parts end at `.` and `/`.
 */
export function matchesGlob(glob: string, name: string): boolean {
  return globToRegExp(glob).test(name);
}

function globToRegExp(glob: string): RegExp {
  let pattern = "";
  let depth = 0;
  for (let i = 0; i < glob.length; i++) {
    const char = glob.charAt(i);
    if (char === "*" && glob[i + 1] === "*") {
      pattern += ".*";
      i++;
    } else if (char === "*") pattern += "[^./]*";
    else if (char === "?") pattern += "[^./]";
    else if (char === "{" && glob.indexOf("}", i) !== -1) {
      pattern += "(?:";
      depth++;
    } else if (char === "}" && depth > 0) {
      pattern += ")";
      depth--;
    } else if (char === "," && depth > 0) pattern += "|";
    else pattern += char.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
  }
  return new RegExp(`^${pattern}$`);
}
