import { useState } from "preact/hooks";
import { applyTheme, storedTheme, THEMES } from "./theme.js";

const SIGNS = { system: "◐", light: "○", dark: "●" } as const;

/** Goes round system, light and dark. */
export function ThemeButton() {
  const [theme, setTheme] = useState(storedTheme);
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length] ?? "system";
  const change = () => {
    applyTheme(next);
    setTheme(next);
  };
  return (
    <button type="button" class="theme" onClick={change} aria-label={`Theme: ${theme}. Change to ${next}.`}>
      <span aria-hidden="true">{SIGNS[theme]}</span> {theme}
    </button>
  );
}
