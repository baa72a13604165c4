// Where one is, in the part of the address after `#`: the service need not know it.

import { useEffect, useLayoutEffect, useState } from 'preact/hooks';

export interface Place {
  parts: string[];
  query: URLSearchParams;
  visit: number; // Another one whenever one goes somewhere, be it to the same page.
}

let visits = 0;

function here(): Place {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return {
    parts: path.split('/').filter(Boolean).map(decodeURIComponent),
    query: new URLSearchParams(query),
    visit: (visits += 1),
  };
}

export function usePlace(): Place {
  const [place, setPlace] = useState(here);
  useEffect(() => {
    const moved = () => setPlace(here());
    addEventListener('hashchange', moved);
    return () => removeEventListener('hashchange', moved);
  }, []);
  return place;
}

export const go = (path: string) => {
  location.hash = path;
};

/**
 * Note in the address what a list is filtered by, so that it can be come back to. At once, and not after
 * the next picture as an effect would: whoever reloads a filtered list finds it filtered.
 */
export function useNoted(values: Record<string, string>): void {
  const set = Object.entries(values).filter(([, value]) => value);
  const text = new URLSearchParams(set).toString();
  useLayoutEffect(() => {
    const path = location.hash.split('?')[0] || '#/campaigns';
    history.replaceState(null, '', text ? `${path}?${text}` : path);
  }, [text]);
}
