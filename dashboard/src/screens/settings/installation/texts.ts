export const texts = {
  en: {
    title: "Installation",
    lead: "What concerns all organizations. Only people who administer the installation see this page.",
    before: "To see everybody who can sign in, and let them in or put them out, act for the installation.",
    label: "Person",
    email: "E-mail",
    organizations: "Organizations",
    since: "Here since",
    state: "State",
    administers: "administers the installation",
    none: "none",
    never: "no",
    disable: "Put out",
    disableQuestion: (name: string) => `Put ${name} out of the installation?`,
    disableText:
      "They can't sign in any more, and none of their sessions and keys works, in no organization. Their roles stay, so they can be let in again.",
    enable: "Let in again",
    enableQuestion: (name: string) => `Let ${name} in again?`,
    enableText:
      "They can sign in again, with the roles that they had. Organizations that put them out by themselves keep them out.",
    relieve: "No administrator any more",
    relieveQuestion: (name: string) => `Shall ${name} administer the installation no more?`,
    relieveText: "If they act for it right now, that ends at once. Their roles in organizations stay.",
    administerTitle: "Make them an administrator",
    administerText:
      "That takes a key of the installation's host, not a browser: what you may do for 15 minutes you can't pass on for good.",
    erase: "Erase their data",
    eraseQuestion: (name: string) => `Erase ${name} from the whole installation?`,
    eraseText:
      "Their account is gone and can't come back. Where their name stands in histories, a stand-in takes its place. You get a number by which anybody can look up that it was done.",
    receipt: "Receipt of the erasure",
    receiptWarning:
      "Keep it: with it the erasure can be looked up (gantry receipt), also by who was erased. It isn't shown again.",
    own: "This is you; another administrator can put you out.",
    id: "Id",
  },
};
