import type { ComponentChildren } from "preact";

interface SectionProps {
  readonly id: string;
  readonly title: string;
  /** A few words beside the title: how many, how they stand. */
  readonly aside?: ComponentChildren;
  readonly children: ComponentChildren;
}

/** A part of the page under its own heading, which also names it for screen readers. */
export function Section({ id, title, aside, children }: SectionProps) {
  return (
    <section aria-labelledby={id}>
      <div class="section-head">
        <h2 id={id}>{title}</h2>
        {aside === undefined ? null : <p class="aside">{aside}</p>}
      </div>
      {children}
    </section>
  );
}
