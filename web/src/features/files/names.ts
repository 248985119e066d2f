export const last = (path: string) => path.slice(path.lastIndexOf('/') + 1);
export const joined = (folder: string, name: string) => (folder ? `${folder}/${name}` : name);
