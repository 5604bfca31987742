// One's own account.
export const pages = [];
