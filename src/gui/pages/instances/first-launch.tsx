/** Where there is no instance yet: the launch form at its best. */
import { useEffect } from "preact/hooks";
import { focusAgain } from "../../components/focus.ts";
import { Logo } from "../../components/logo.tsx";
import { LaunchFields, LaunchFoot, useLaunch } from "../launch-form.tsx";

export function FirstLaunch() {
  const launch = useLaunch(() => undefined);
  // What is launched takes the form's place.
  useEffect(() => () => focusAgain(), []);
  return (
    <form
      class="first-launch"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        launch.submit();
      }}
    >
      <header>
        <Logo size={40} />
        <div>
          <h2>Launch your first machine</h2>
          <p class="muted">
            A Linux machine of its own, in seconds. Nothing has to be filled in. Whatever you break in it can be brought
            back.
          </p>
        </div>
      </header>
      <LaunchFields launch={launch} />
      <footer>
        <LaunchFoot launch={launch} />
      </footer>
    </form>
  );
}
