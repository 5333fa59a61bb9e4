/** A key that does what stands beside it: a hint for the eye; the help tells it to everyone. */
export function Key({ name }: { readonly name: string }) {
  return (
    <span class="key-hint" aria-hidden="true">
      {name}
    </span>
  );
}
