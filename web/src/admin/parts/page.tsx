/** What every page begins with: where it stands, its title, and what can be done there. */
import { ChevronRight } from "lucide-react";
import { Fragment, type ReactNode, useEffect, useRef } from "react";
import { Link } from "wouter";
import { useAppName } from "../app-name";

interface Crumb {
  label: string;
  href?: string;
}

export interface PageHeadProps {
  title: string;
  /** Stands beside the title. */
  badge?: ReactNode;
  sub?: ReactNode;
  crumbs?: Crumb[];
  actions?: ReactNode;
}

export function PageHead({ title, badge, sub, crumbs, actions }: PageHeadProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  const appName = useAppName();
  useEffect(() => {
    document.title = `${title} · ${appName}`;
  }, [title, appName]);
  // A page that comes up is read from its title on; a page of the first load keeps the browser's own beginning.
  useEffect(() => {
    if (document.activeElement === document.body && history.state !== null) heading.current?.focus();
  }, []);
  return (
    <header className="c-page-head">
      {crumbs && (
        <nav className="c-crumbs" aria-label="You are here">
          {crumbs.map(({ label, href }) => (
            <Fragment key={label}>
              {href ? <Link href={href}>{label}</Link> : <span aria-current="page">{label}</span>}
              {href && <ChevronRight size={14} aria-hidden="true" />}
            </Fragment>
          ))}
        </nav>
      )}
      <div className="c-page-title">
        <div>
          <div className="c-page-heading">
            <h1 ref={heading} tabIndex={-1}>
              {title}
            </h1>
            {badge}
          </div>
          {sub && <p className="c-page-sub">{sub}</p>}
        </div>
        {actions && <div className="c-page-actions">{actions}</div>}
      </div>
    </header>
  );
}
