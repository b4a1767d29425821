export interface Place {
  project?: string;
  environment?: string;
}

/** `""`, `project` or `project/environment`, as it stands in addresses. */
export function readPlace(text: string | undefined): Place {
  const [project = "", environment = ""] = (text ?? "").split("/");
  return { ...(project === "" ? {} : { project }), ...(project === "" || environment === "" ? {} : { environment }) };
}

/** The other way round, also of what the API answers. */
export function placeText({ project, environment }: { project?: string | null; environment?: string | null }): string {
  if (!project) return "";
  return environment ? `${project}/${environment}` : project;
}
