interface ChoiceProps<T extends string> {
  /** What is chosen, for those who do not see the buttons together. */
  readonly label: string;
  readonly options: readonly T[];
  readonly names: Readonly<Record<T, string>>;
  readonly chosen: T;
  readonly onChoose: (option: T) => void;
}

/** Buttons of which one is pressed. */
export function Choice<T extends string>({ label, options, names, chosen, onChoose }: ChoiceProps<T>) {
  return (
    <fieldset class="choice">
      <legend class="hidden">{label}</legend>
      {options.map((option) => (
        <button key={option} type="button" aria-pressed={option === chosen} onClick={() => onChoose(option)}>
          {names[option]}
        </button>
      ))}
    </fieldset>
  );
}
