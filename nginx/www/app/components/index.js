// All components, by one import.
export * from './basic.js';
export * from './data.js';
export * from './dialog.js';
export * from './error.js';
export * from './form.js';
export * from './icon.js';
export * from './show_api.js';
export * from './step_up.js';
export * from './table.js';
