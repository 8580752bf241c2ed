import { ButtonLink } from "./parts/button";
import { PageHead } from "./parts/page";
import { Empty } from "./parts/states";

export function NotFoundPage() {
  return (
    <>
      <PageHead title="Nothing here" />
      <div className="c-card">
        <Empty heading="This address leads nowhere" action={<ButtonLink href="/admin">Go to the dashboard</ButtonLink>}>
          What was here may have been deleted.
        </Empty>
      </div>
    </>
  );
}
