/** For type checks of `import '@supabase-media/uploader/react/style.css'`. */
export {};
