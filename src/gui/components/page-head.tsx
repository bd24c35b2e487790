/** The head of a page: its name, what it is about, and what can be done there. */
import type { ComponentChildren } from "preact";
import { useStore } from "../store/store.ts";
import { ConnectionNotice } from "./connection-mark.tsx";
import { Icon } from "./icon.tsx";

export interface PageHeadProps {
  readonly title: ComponentChildren;
  readonly about?: ComponentChildren;
  readonly children?: ComponentChildren;
}

export function PageHead({ title, about, children }: PageHeadProps) {
  return (
    <>
      <ConnectionNotice />
      <ReadOnlyNotice />
      <header class="page-head">
        <div>
          <h1>{title}</h1>
          {about !== undefined && <p class="muted">{about}</p>}
        </div>
        <div class="page-actions">{children}</div>
      </header>
    </>
  );
}

/** The log takes no more: what is shown may be a part. */
function ReadOnlyNotice() {
  const why = useStore().status.value?.log.why;
  if (why === undefined) return null;
  return (
    <div class="notice bad" role="alert">
      <Icon name="triangle-alert" />
      <p>The log takes no more, so nothing can be changed: {why}</p>
    </div>
  );
}
