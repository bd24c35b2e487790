/** Scenarios about images in the vault. */
import { about, all, launch, launched, type Act, type Scenario } from "./scenario.ts";

/** A file that a client sends, and a launch from it. */
const uploaded: Act = async (life, random) => {
  const sha256 = await life.upload("own", Buffer.alloc(1 + random.below(20_000), "image"));
  await launch(life, "db", { image: { name: "own", sha256 } });
  await life.idle();
};
const upload: Act = async (life, random) => {
  await life.upload("own", Buffer.alloc(1 + random.below(20_000), `image ${random.below(100)}`));
};
const unused = all(launched("web"), about("instance.delete", { purge: true }));

export const imageScenarios: readonly Scenario[] = [
  {
    name: "image-import",
    before: launched("web"),
    act: all(
      (life) => launch(life, "db", { image: { name: "mini" } }),
      (life) => life.idle(),
    ),
  },
  { name: "image-upload", before: launched("web"), act: uploaded },
  { name: "image-upload-again", before: uploaded, act: uploaded },
  { name: "image-remove", before: unused, act: (life) => life.call("image.remove", { image: "tiny" }) },
  {
    name: "image-prune",
    before: all(upload, upload, unused),
    act: (life) => life.call("image.prune", { unusedMs: 0 }),
  },
];
