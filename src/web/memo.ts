// Parts of long lists: drawn again where a property has changed, and not whenever the list is.
import { Component, createElement, type FunctionComponent, type JSX } from "preact";

export function memo<P extends object>(Part: FunctionComponent<P>): new (props: P) => Component<P> {
  return class extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      return !isShallowEqual(this.props, next);
    }

    override render(): JSX.Element {
      return createElement(Part, this.props);
    }
  };
}

function isShallowEqual(a: object, b: object): boolean {
  const [first, second] = [Object.entries(a), new Map(Object.entries(b))];
  return first.length === second.size && first.every(([name, value]) => Object.is(value, second.get(name)));
}
