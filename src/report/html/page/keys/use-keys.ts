import { useEffect, useRef } from "preact/hooks";
import { type Action, actionOf, takesText } from "./shortcuts.js";

/** Calls `act` for every key that asks for something, as long as the page is shown. */
export function useKeys(act: (action: Action) => void): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.defaultPrevented) return;
      const action = actionOf(event, takesText(event.target));
      if (action === null) return;
      event.preventDefault();
      latest.current(action);
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
