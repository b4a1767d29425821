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

/** Width and height of every node, in pixels. */
export const nodeSize = { width: 208, height: 56 } as const;

/** Places for nodes so that each stands to the right of those that it comes after. Edges to what isn't there are left out. */
export function layOut(ids: readonly string[], edges: readonly GraphEdge[]): Placed[] {
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "LR", nodesep: 20, ranksep: 56, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const id of ids) graph.setNode(id, { ...nodeSize });
  for (const { from, to } of edges) if (graph.hasNode(from) && graph.hasNode(to)) graph.setEdge(from, to);
  dagre.layout(graph);
  return ids.map((id) => {
    const { x, y } = graph.node(id) as { x: number; y: number };
    return { id, x: x - nodeSize.width / 2, y: y - nodeSize.height / 2 };
  });
}
