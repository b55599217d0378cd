/** For type checks of `import '@supabase-media/uploader/player/style.css'`. */
export {};
