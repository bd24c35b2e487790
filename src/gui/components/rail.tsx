/** The left rail: where the page can go. At the bottom on a narrow window. */
import type { PageName } from "../pure/route.ts";
import { useStore } from "../store/store.ts";
import { Icon } from "./icon.tsx";
import type { IconName } from "./icon-shapes.ts";
import { Logo } from "./logo.tsx";

const places: readonly {
  readonly page: Exclude<PageName, "instance">;
  readonly label: string;
  readonly icon: IconName;
}[] = [
  { page: "instances", label: "Instances", icon: "server" },
  { page: "history", label: "History", icon: "history" },
  { page: "images", label: "Images", icon: "hard-drive" },
  { page: "networks", label: "Networks", icon: "network" },
  { page: "settings", label: "Settings", icon: "settings" },
];

export function Rail() {
  const { router, shown, status } = useStore();
  const { page } = router.route.value;
  const here = page === "instance" ? "instances" : page;
  const count = shown.instances.value.filter(({ state }) => state !== "Deleted").length;
  return (
    <nav class="rail" aria-label="Pages">
      <a class="brand" href="#/instances" aria-label="strata, instances">
        <Logo />
        <span>strata</span>
      </a>
      <ul>
        {places.map(({ page: place, label, icon }) => (
          <li key={place}>
            <a href={`#/${place}`} aria-current={place === here ? "page" : undefined}>
              <Icon name={icon} size={18} />
              <span>{label}</span>
              {place === "instances" && count > 0 && <span class="count">{count}</span>}
            </a>
          </li>
        ))}
      </ul>
      {status.value && <p class="rail-foot muted">strata {status.value.version}</p>}
    </nav>
  );
}
