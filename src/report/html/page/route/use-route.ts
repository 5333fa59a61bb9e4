import { useCallback, useEffect, useState } from "preact/hooks";
import { formatRoute, parseRoute, type Route } from "./route.js";

/** Changes what is shown. A step can be gone back from; other changes (typing, turning a picture) replace the address. */
export type Navigate = (change: Partial<Route>, how?: "step" | "replace") => void;

/** What the address says is to be shown, and how to change it. */
export function useRoute(): { readonly route: Route; readonly navigate: Navigate } {
  const [route, setRoute] = useState(() => parseRoute(location.hash));
  useEffect(() => {
    const follow = () => setRoute(parseRoute(location.hash));
    addEventListener("hashchange", follow);
    return () => removeEventListener("hashchange", follow);
  }, []);
  const navigate = useCallback<Navigate>((change, how = "replace") => {
    // The address is what holds, not what was last drawn: keys may be quicker than the page.
    const next = { ...parseRoute(location.hash), ...change };
    const hash = formatRoute(next);
    if (how === "step") history.pushState(null, "", hash);
    else history.replaceState(null, "", hash);
    setRoute(next);
  }, []);
  return { route, navigate };
}
