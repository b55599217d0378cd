/** Vite takes stylesheets as modules; every compiler that reads the page must know it. */
declare module '*.css';
