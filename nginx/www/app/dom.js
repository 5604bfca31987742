// What pages draw with: Preact and htm, from one library file. Text goes into the document as text, never as markup.
export {
  html, h, render, Component, createContext, useState, useReducer, useEffect, useLayoutEffect, useRef, useMemo,
  useCallback, useContext, useErrorBoundary,
} from '/pages/lib/htm-3.1.1/standalone.module.js';

import { useState, useEffect, useCallback } from '/pages/lib/htm-3.1.1/standalone.module.js';

let ids = 0;
// An id for a label and its field, the same at every drawing.
export function useId(prefix = 'id') {
  return useState(() => `${prefix}-${++ids}`)[0];
}

// What `ask` promises: {data, problem, loading, again}. Asked anew whenever one of `inputs` has changed; an older
// answer that comes late is dropped.
export function useLoad(ask, inputs = []) {
  const [state, set] = useState({ loading: true });
  const [round, next] = useState(0);
  const again = useCallback(() => next((n) => n + 1), []);
  useComeBack(state.problem, again);
  useEffect(() => {
    let live = true;
    set((last) => ({ ...last, loading: true, problem: undefined }));
    Promise.resolve().then(ask).then(
      (data) => live && set({ data, loading: false }),
      (problem) => live && set((last) => ({ data: last.data, problem, loading: false })),
    );
    return () => { live = false; };
  }, [...inputs, round]);
  return { ...state, again };
}

// What failed for want of a connection or of a session is asked again once there is one: `comeBack` says so.
const failed = new Set();
export const comeBack = () => { for (const again of [...failed]) again(); };
addEventListener('online', comeBack);
export function useComeBack(problem, again) {
  const waits = Boolean(problem) && (problem.status === 0 || problem.status === 401);
  useEffect(() => {
    if (!waits) return undefined;
    failed.add(again);
    return () => failed.delete(again);
  }, [waits, again]);
}

// Redraws with `store`, which has subscribe(listener) and get().
export function useStore(store) {
  const [value, set] = useState(store.get());
  useEffect(() => {
    set(store.get());
    return store.subscribe(() => set(store.get()));
  }, []);
  return value;
}

// The smallest store: get(), set(value), subscribe(listener) → function that ends it.
export function makeStore(value) {
  const listeners = new Set();
  return {
    get: () => value,
    set: (next) => {
      value = next;
      for (const listener of [...listeners]) listener(value);
    },
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}
