/** A page whose code is fetched when it is first opened. */
import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiFailure } from '../state/api.ts';
import { Bones, Failure } from './states.tsx';

/** `load` gives the page; it is called once. */
export function later(load: () => Promise<ComponentType>): ComponentType {
  let kept: ComponentType | null = null;
  return function Later() {
    const [page, setPage] = useState<{ readonly of: ComponentType } | null>(kept === null ? null : { of: kept });
    const [failure, setFailure] = useState<ApiFailure | null>(null);
    useEffect(() => {
      if (page !== null) return;
      load().then(
        (of) => {
          kept = of;
          setPage({ of });
        },
        () =>
          setFailure(new ApiFailure(0, 'This page could not be fetched. Weir may have been updated: load it again.')),
      );
    }, [page]);
    if (page !== null) return <page.of />;
    return (
      <main class="page">
        {failure === null ? <Bones /> : <Failure failure={failure} retry={() => location.reload()} />}
      </main>
    );
  };
}
