/** The page begins: a session first, then everything else. */
import { render } from "preact";
import { createApi } from "./api/client.ts";
import { openSession } from "./api/session.ts";
import { App } from "./app.tsx";
import { createStore, StoreProvider } from "./store/store.ts";
import { SignIn } from "./pages/sign-in.tsx";

async function start(place: Element): Promise<void> {
  try {
    const session = await openSession();
    if (!session) return render(<SignIn />, place);
    const store = createStore(createApi(session), session.position);
    // Drawn when what is shown is asked for already: the daemon answers meanwhile.
    await asked();
    render(
      <StoreProvider value={store}>
        <App />
      </StoreProvider>,
      place,
    );
  } catch (error) {
    render(<SignIn error={error} />, place);
  }
}

/** After what is under way without waiting for anybody. */
const asked = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

const place = document.getElementById("app");
if (place) void start(place);
