import dagre from "@dagrejs/dagre";

export interface GraphEdge {
  from: string;
  to: string;
}

interface Placed {
  id: string;
  /** Of the upper left corner. */
  x: number;
  y: number;
}

interface Layout {
  places: Placed[];
  /** Each stands below those that it comes after; otherwise to their right. */
  downwards: boolean;
  height: number;
}

/** Width and height of every node, in pixels. */
export const nodeSize = { width: 208, height: 56 } as const;
/** What there usually is room for beside the step that was chosen. */
const room = { width: 760, height: 540 };

/**
 * Places for nodes so that each stands to the right of those that it comes after, or below them where that can be drawn larger: a
 * long chain from left to right would be too small to read. Edges to what isn't there are left out.
 */
export function layOut(ids: readonly string[], edges: readonly GraphEdge[]): Layout {
  const [across, down] = [place(ids, edges, "LR"), place(ids, edges, "TB")];
  return scaleOf(down) > scaleOf(across) ? { ...down, downwards: true } : { ...across, downwards: false };
}

function place(ids: readonly string[], edges: readonly GraphEdge[], rankdir: "LR" | "TB") {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir, nodesep: 20, ranksep: rankdir === "LR" ? 56 : 32, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) graph.setNode(id, { ...nodeSize });
  for (const { from, to } of edges) if (graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to);
  dagre.layout(graph);
  const places = ids.map((id): Placed => {
    const { x, y } = graph.node(id) as { x: number; y: number };
    return { id, x: x - nodeSize.width / 2, y: y - nodeSize.height / 2 };
  });
  return {
    places,
    width: Math.max(0, ...places.map(({ x }) => x)) + nodeSize.width,
    height: Math.max(0, ...places.map(({ y }) => y)) + nodeSize.height,
  };
}

function scaleOf({ width, height }: { width: number; height: number }): number {
  return Math.min(1, room.width / width, room.height / height);
}

/** Without edges that others say already: what comes after b, which comes after a, comes after a. */
export function essentialEdges(edges: readonly GraphEdge[]): GraphEdge[] {
  const next = Map.groupBy(edges, ({ from }) => from);
  const known = new Map<string, Set<string>>();
  const behind = (id: string): Set<string> => {
    let found = known.get(id);
    if (found === undefined) {
      // There before its own are looked for, so that a circle ends.
      known.set(id, (found = new Set()));
      for (const { to } of next.get(id) ?? []) for (const one of [to, ...behind(to)]) found.add(one);
    }
    return found;
  };
  return edges.filter(
    ({ from, to }) => !(next.get(from) ?? []).some((other) => other.to !== to && behind(other.to).has(to)),
  );
}
