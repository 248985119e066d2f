export function saveText(file: string, text: string) {
  saveBlob(file, new Blob([text], { type: 'text/plain' }));
}

export function saveBlob(file: string, blob: Blob) {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  URL.revokeObjectURL(link.href);
}
