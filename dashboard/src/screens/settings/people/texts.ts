export const texts = {
  en: {
    title: "People",
    lead: "Members of this organization. Invitations let others join.",
    label: "Person",
    groups: "Groups",
    teams: "Teams",
    state: "State",
    since: "Member since",
    none: "none",
    invite: "Invite somebody",
    roles: "Roles",
    noRoles: "No role: nothing is allowed.",
    by: (team: string) => `through team ${team}`,
    name: "Name",
    groupsField: "Groups of approvers",
    groupsHint: "Names with commas between them. Policies say which group approves what.",
    save: "Save",
    disable: "Disable",
    disableQuestion: (name: string) => `Disable ${name}?`,
    disableText:
      "None of their sessions and keys works from now on. What they did stays in the history, and they can be enabled again.",
    enable: "Enable again",
    erase: "Erase their data",
    eraseQuestion: (name: string) => `Erase ${name} from this organization?`,
    eraseText:
      "Their membership, name, addresses and what they wrote are erased here; a stand-in takes the place of their name in the history. Nobody can undo that. They can still sign in where else they belong.",
    receipt: "Receipt of the erasure",
    receiptWarning:
      "Keep it, and give it to them: with it anybody can look up what was erased (gantry person receipt). It isn't shown again.",
    you: "you",
    id: "Id",
  },
};
