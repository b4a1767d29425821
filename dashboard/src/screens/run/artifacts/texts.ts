export const texts = {
  en: {
    title: "Files that its steps kept",
    name: "Name",
    step: "Step",
    type: "Type",
    size: "Size",
    kept: "Kept",
    digest: "Digest",
    none: "No step kept a file.",
    download: "Download",
    downloadOf: (name: string) => `Download ${name}`,
    more: "Show more",
  },
};
