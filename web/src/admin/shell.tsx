/** The frame of every page: navigation, how the edges are, and the way out. On phones a bar above and one below. */
import { LogOut } from "lucide-react";
import { type ReactNode, useEffect } from "react";
import { Link, useLocation } from "wouter";
import { signOut } from "./api/sign-in";
import { useAppName } from "./app-name";
import { EdgesInBrief } from "./edges/in-brief";
import { IconButton } from "./parts/button";
import { Mark } from "./parts/mark";
import { MENUS } from "./parts/menu";
import { useToasts } from "./parts/toasts";
import { help, type Place, placeOf, places } from "./places";
import { leaveBy } from "./unsaved";

export function Shell({ children }: { children: ReactNode }) {
  const [path, navigate] = useLocation();
  const here = placeOf(path);
  const leave = useSignOut();
  useHelpKey(() => navigate(help.href));
  return (
    <div className="c-shell">
      <a className="c-skip" href="#content">
        Skip to the content
      </a>
      <header className="c-sidebar">
        <Name />
        <PlaceLink place={help} here={here} className="c-help-link" withKey />
        <nav aria-label="Console">
          {places.map((place) => (
            <PlaceLink key={place.href} place={place} here={here} className="c-place" />
          ))}
        </nav>
        <div className="c-sidebar-foot">
          <EdgesInBrief />
          <button type="button" className="c-place" onClick={leave}>
            <LogOut size={18} aria-hidden="true" />
            <span className="c-place-label">Sign out</span>
          </button>
        </div>
      </header>
      <header className="c-topbar">
        <Name />
        <PlaceLink place={help} here={here} className="c-icon-btn" />
        <IconButton label="Sign out" icon={LogOut} onClick={leave} />
      </header>
      <main id="content" tabIndex={-1}>
        {children}
        <div id={MENUS} />
      </main>
      <nav className="c-tabbar" aria-label="Console">
        {places.map((place) => (
          <PlaceLink key={place.href} place={place} here={here} className="c-tab" />
        ))}
      </nav>
    </div>
  );
}

function Name() {
  return (
    <div className="c-app-name">
      <Mark size={26} />
      <span>{useAppName()}</span>
    </div>
  );
}

interface PlaceLinkProps {
  place: Place;
  here: Place | undefined;
  className: string;
  withKey?: boolean;
}

function PlaceLink({ place, here, className, withKey = false }: PlaceLinkProps) {
  const { label, href, icon: Icon } = place;
  return (
    <Link
      href={href}
      className={className}
      aria-current={here === place ? "page" : undefined}
      aria-keyshortcuts={withKey ? "/" : undefined}
      title={label}
    >
      <Icon size={18} aria-hidden="true" />
      <span className="c-place-label">{label}</span>
      {withKey && (
        <span className="c-key" aria-hidden="true">
          /
        </span>
      )}
    </Link>
  );
}

function useSignOut() {
  const toast = useToasts();
  const leave = async () => {
    if (!(await signOut())) toast.failed("Not signed out: StreamGate does not answer. Please try again.");
  };
  return () => leaveBy(() => void leave());
}

/** `/` goes to the search of Help a viewer, unless somebody is typing. */
function useHelpKey(go: () => void) {
  useEffect(() => {
    const onKey = (key: KeyboardEvent) => {
      if (key.key !== "/" || key.ctrlKey || key.metaKey || key.altKey || key.defaultPrevented) return;
      const at = key.target as Element;
      if (at.closest("input, textarea, select, [contenteditable], [role=alertdialog]") !== null) return;
      key.preventDefault();
      go();
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  });
}
