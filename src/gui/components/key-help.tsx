/** The list of keys. */
import { keyRows } from "../pure/keys.ts";
import { Dialog } from "./dialog.tsx";

const places = ["everywhere", "in a table", "at an instance", "in a terminal"] as const;

export const KeyHelp = ({ onClose }: { onClose: () => void }) => (
  <Dialog title="Keys" size="wide" onClose={onClose}>
    <div class="key-help">
      {places.map((place) => (
        <section key={place}>
          <h3>{place}</h3>
          <dl>
            {keyRows
              .filter(({ where }) => where === place)
              .map(({ keys, about }) => (
                <div key={about}>
                  <dt>
                    {keys.map((key) => (
                      <kbd key={key}>{key}</kbd>
                    ))}
                  </dt>
                  <dd>{about}</dd>
                </div>
              ))}
          </dl>
        </section>
      ))}
    </div>
  </Dialog>
);
