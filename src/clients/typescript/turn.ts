// One tab at a time. By Web Locks; where a browser has none (a page that is neither https: nor of this machine), by an entry of
// localStorage: a tab writes its name, waits until the others must have seen it, and has the turn if the name still stands.
const kSettle = 60;      // ms
const kLease = 20_000;   // ms after which a tab that is gone has lost its turn

interface Entry {
  owner: string;
  until: number;
}

// Does `work` when it is this tab's turn. It learns whether another tab had the turn when it asked.
export async function inTurn<T>(name: string, work: (waited: boolean) => Promise<T>): Promise<T> {
  const locks = typeof navigator === 'undefined' ? undefined : navigator.locks;
  if (locks) {
    const first = await locks.request(name, { ifAvailable: true }, async (lock) => (lock ? { done: await work(false) } : null));
    return first ? first.done : locks.request(name, () => work(true));
  }
  return typeof localStorage === 'undefined' ? work(false) : inTurnOf(localStorage, `${name} turn`, work);
}

async function inTurnOf<T>(storage: Storage, name: string, work: (waited: boolean) => Promise<T>): Promise<T> {
  const owner = `${Date.now()} ${Math.random()}`;
  const now = (): Entry | null => JSON.parse(storage.getItem(name) ?? 'null') as Entry | null;
  const claim = (): void => storage.setItem(name, JSON.stringify({ owner, until: Date.now() + kLease } satisfies Entry));
  for (let waited = false; ; waited = true) {
    const entry = now();
    if (!entry || entry.until < Date.now()) {
      claim();
      await pause(kSettle + 20 * Math.random());
      if (now()?.owner === owner) return keepTurn(waited);
    } else {
      await pause(20);
    }
  }

  async function keepTurn(waited: boolean): Promise<T> {
    const renewing = setInterval(claim, kLease / 4);
    try {
      return await work(waited);
    } finally {
      clearInterval(renewing);
      if (now()?.owner === owner) storage.removeItem(name);
    }
  }
}

export const pause = (ms: number): Promise<void> => new Promise((done) => { setTimeout(done, ms); });
