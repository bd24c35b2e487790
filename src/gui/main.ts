/** The page: signs in with the token of its address, and shows the instances. */
import type { Output } from "../api/contract.ts";

/** What is used of the browser. */
declare const document: { querySelector(selector: string): { textContent: string } | null };
declare const location: { readonly hash: string };
declare const history: { replaceState(state: null, title: string, url: string): void };

const say = (text: string): void => {
  const status = document.querySelector("[role=status]");
  if (status) status.textContent = text;
};

const post = (path: string, body: unknown, bearer?: string): Promise<Response> =>
  fetch(path, {
    method: "POST",
    headers: { "content-type": "application/json", ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) },
    body: JSON.stringify(body),
  });

async function start(): Promise<void> {
  const token = new URLSearchParams(location.hash.slice(1)).get("token");
  history.replaceState(null, "", "/");
  const entered = await post("/session", { token: token ?? "" });
  if (!entered.ok) return say("Not signed in. Next: strata gui");
  const { bearer } = (await entered.json()) as { bearer: string };
  const answer = await post("/v1/instance.list", {}, bearer);
  const instances = (await answer.json()) as Output<"instance.list">;
  say(`Instances: ${instances.map(({ name }) => name).join(", ") || "none"}`);
}

void start();
