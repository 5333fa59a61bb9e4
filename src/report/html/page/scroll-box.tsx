import type { ComponentChildren } from "preact";

interface ScrollBoxProps {
  /** What is in it; what scrolls can be come to by keyboard and so needs a name. */
  readonly label: string;
  /** Boxes that are not as high as what they hold. */
  readonly height?: "tall" | "short";
  readonly children: ComponentChildren;
}

/** A box in which what is too large scrolls. */
export function ScrollBox({ label, height, children }: ScrollBoxProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
    <section class={`scroll ${height ?? ""}`} tabIndex={0} aria-label={label}>
      {children}
    </section>
  );
}
