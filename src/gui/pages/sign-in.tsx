/** What a window without a session says. */
import { CommandLine } from "../components/command-line.tsx";
import { Logo } from "../components/logo.tsx";
import { Problem } from "../components/problem.tsx";

export function SignIn({ error }: { error?: unknown }) {
  return (
    <main class="sign-in">
      <Logo size={44} />
      <h1>This window has no session</h1>
      <p>
        Each address that <code>strata gui</code> prints works once, for a minute, for whoever asked for it. Type it
        again, and a window opens.
      </p>
      <CommandLine line="strata gui" />
      <Problem error={error} />
    </main>
  );
}
