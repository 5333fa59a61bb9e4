/** The scopes that an op or variable lies in, outermost first: `a/b/c` lies in `a` and `a/b`. */
export function scopesOf(name: string): string[] {
  const scopes: string[] = [];
  for (let at = name.indexOf("/"); at !== -1; at = name.indexOf("/", at + 1)) scopes.push(name.slice(0, at));
  return scopes;
}

/**
 * Whether an op belongs to a scope. The op that closes a scope may bear the scope's very name (`name=scope`, as in
 * `dense/Tensordot` or in `scores` of xw_plus_b(…, name="scores")); no other op can.
 */
export function isInScope(name: string, scope: string): boolean {
  return name.startsWith(scope) && (name.length === scope.length || name.charCodeAt(scope.length) === 47);
}
