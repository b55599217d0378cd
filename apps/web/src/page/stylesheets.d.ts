/** Vite imports stylesheets as modules; the compilers of the page need their type. */
declare module '*.css';
