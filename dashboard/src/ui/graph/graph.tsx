import { Background, Controls, Handle, Position, ReactFlow, type Edge, type Node, type NodeProps } from "@xyflow/react";
import "@xyflow/react/dist/base.css";
import "./graph.css";
import { useMemo } from "react";
import { classNames } from "../class-names.ts";
import { ShapeIcon, type Shape, type Tone } from "../state-mark.tsx";
import { useTexts } from "../texts.ts";
import { essentialEdges, layOut, nodeSize, type GraphEdge } from "./layout.ts";

export interface GraphNode {
  id: string;
  title: string;
  /** Small, under the title: the tool, or how many items. */
  detail: string;
  tone: Tone;
  shape: Shape;
  /** The state in a word. */
  state: string;
}

const borders: Record<Tone, string> = {
  idle: "border-line text-muted",
  active: "border-info text-info",
  attention: "border-warn text-warn",
  good: "border-good text-good",
  bad: "border-bad text-bad",
  info: "border-info text-info",
};

type Box = Node<{ node: GraphNode; chosen: boolean; downwards: boolean; still: boolean }, "box">;
const nodeTypes = { box: BoxNode };

/**
 * Things and what they come after, drawn from left to right or downwards; to be moved, zoomed and walked through with Tab and Enter. The same stands
 * beside it as a table for those who don't see it.
 */
export function Graph({
  nodes,
  edges,
  selected,
  onSelect,
  label,
}: {
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  selected?: string | undefined;
  /** Without it the things only say what they are. */
  onSelect?: (id: string) => void;
  label: string;
}) {
  const said = useTexts(texts);
  // Where things stand follows from what comes after what; a change of state moves nothing.
  const form = JSON.stringify([nodes.map(({ id }) => id), edges]);
  const { places, lines, downwards, height } = useMemo(() => {
    const [ids, all] = JSON.parse(form) as [string[], GraphEdge[]];
    const essential = essentialEdges(all);
    const laidOut = layOut(ids, essential);
    const lines = essential.map(({ from, to }): Edge => ({
      id: `${from} ${to}`,
      source: from,
      target: to,
      focusable: false,
    }));
    return { ...laidOut, lines, places: new Map(laidOut.places.map((placed) => [placed.id, placed])) };
  }, [form]);
  const boxes = nodes.map((node): Box => {
    const { x, y } = places.get(node.id) ?? { x: 0, y: 0 };
    return {
      id: node.id,
      type: "box",
      position: { x, y },
      ...nodeSize,
      data: { node, chosen: node.id === selected, downwards, still: onSelect === undefined },
    };
  });
  return (
    <figure aria-label={label} className="m-0">
      <div className="gantry-graph min-h-40" style={{ height: `min(60dvh, ${height + 72}px)` }}>
        <ReactFlow
          nodes={boxes}
          edges={lines}
          nodeTypes={nodeTypes}
          // A node is a button, so a click is also what Enter and Space do.
          onNodeClick={(_, { id }) => onSelect?.(id)}
          nodesDraggable={false}
          nodesConnectable={false}
          nodesFocusable={false}
          edgesFocusable={false}
          elementsSelectable={false}
          deleteKeyCode={null}
          onlyRenderVisibleElements={nodes.length > 100}
          fitView
          fitViewOptions={{ maxZoom: 1, padding: 0.06 }}
          minZoom={0.1}
          maxZoom={1.5}
          preventScrolling={false}
          zoomOnScroll={false}
          proOptions={{ hideAttribution: true }}
        >
          <Background gap={20} size={1} color="var(--color-line)" />
          <Controls showInteractive={false} position="bottom-right" />
        </ReactFlow>
      </div>
      <GraphTable nodes={nodes} edges={edges} caption={said.table(label)} />
    </figure>
  );
}

function BoxNode({ data: { node, chosen, downwards, still } }: NodeProps<Box>) {
  const look = classNames(
    "bg-surface flex h-full w-full flex-col justify-center gap-0.5 rounded-md border-2 px-2.5 text-left",
    borders[node.tone],
    chosen && "ring-accent ring-2 ring-offset-2 ring-offset-canvas",
  );
  const content = (
    <>
      <Handle type="target" position={downwards ? Position.Top : Position.Left} isConnectable={false} />
      <span className="text-text flex min-w-0 items-center gap-1.5 text-sm font-medium">
        <span className={borders[node.tone]}>
          <ShapeIcon shape={node.shape} />
        </span>
        <span className="truncate">{node.title}</span>
      </span>
      <span className="text-muted flex gap-1.5 truncate text-xs">
        <span className={borders[node.tone]}>{node.state}</span>
        <span className="truncate font-mono">{node.detail}</span>
      </span>
      <Handle type="source" position={downwards ? Position.Bottom : Position.Right} isConnectable={false} />
    </>
  );
  if (still) return <div className={look}>{content}</div>;
  return (
    <button type="button" aria-pressed={chosen} className={look}>
      {content}
    </button>
  );
}

function GraphTable({
  nodes,
  edges,
  caption,
}: {
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  caption: string;
}) {
  const said = useTexts(texts);
  const titles = new Map(nodes.map(({ id, title }) => [id, title]));
  const before = Map.groupBy(edges, ({ to }) => to);
  return (
    <table className="sr-only">
      <caption>{caption}</caption>
      <thead>
        <tr>
          <th scope="col">{said.step}</th>
          <th scope="col">{said.state}</th>
          <th scope="col">{said.detail}</th>
          <th scope="col">{said.after}</th>
        </tr>
      </thead>
      <tbody>
        {nodes.map((node) => (
          <tr key={node.id}>
            <th scope="row">{node.title}</th>
            <td>{node.state}</td>
            <td>{node.detail}</td>
            <td>
              {before
                .get(node.id)
                ?.map(({ from }) => titles.get(from) ?? from)
                .join(", ")}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const texts = {
  en: {
    table: (label: string) => `${label}, as a table`,
    step: "Step",
    state: "State",
    detail: "Detail",
    after: "After",
  },
};
