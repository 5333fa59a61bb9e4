/** The scopes that an op or variable lies in, outermost first: `a/b/c` lies in `a` and `a/b`. */
export function scopesOf(name: string): string[] {
  const scopes: string[] = [];
  for (let at = name.indexOf("/"); at !== -1; at = name.indexOf("/", at + 1)) scopes.push(name.slice(0, at));
  return scopes;
}

export function isInScope(name: string, scope: string): boolean {
  return name.length > scope.length && name.charCodeAt(scope.length) === 47 && name.startsWith(scope);
}
