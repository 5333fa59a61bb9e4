import { Component, type ComponentChild, type ComponentType, type FunctionComponent, h } from "preact";

/**
 * A component that is drawn again only when one of its properties is another one than before. preact/compat has the same, with
 * six kilobytes of what this page does not need.
 */
export function memo<P extends object>(draw: FunctionComponent<P>): ComponentType<P> {
  return class Kept extends Component<P> {
    override shouldComponentUpdate(next: P): boolean {
      return differs(this.props, next);
    }

    override render(): ComponentChild {
      return h(draw, this.props);
    }
  };
}

function differs(before: object, after: object): boolean {
  const [old, fresh] = [Object.entries(before), new Map(Object.entries(after))];
  return old.length !== fresh.size || old.some(([name, value]) => !fresh.has(name) || fresh.get(name) !== value);
}
