// jupyterlab-myst 2.7 looks for the expressions of a paragraph in what is drawn of it, so
// one that runs before it is drawn, as happens on a slow machine when Run All comes early,
// would keep the expression in place of its value. Here such a paragraph runs once more
// when it is drawn. Written by hand as a module that JupyterLab loads: nothing is bundled.
{
  let shared;
  const BEAT = 100;
  const drawn = cell => cell.mystModel?.mdast;

  const plugin = ({ INotebookTracker, NotebookActions }) => ({
    id: "gendiff-lab:numbers",
    autoStart: true,
    requires: [INotebookTracker],
    activate: (app, tracker) =>
      NotebookActions.executed.connect(async (sender, told) => {
        const { cell, notebook } = told;
        const panel = tracker.find(each => each.content === notebook);
        if (cell.model.type !== "markdown" || !panel?.sessionContext.session?.kernel) return;
        if (drawn(cell) || !cell.model.sharedModel.getSource().includes("{eval}")) return;
        while (!cell.isDisposed && !drawn(cell)) await new Promise(go => setTimeout(go, BEAT));
        if (!cell.isDisposed) NotebookActions.executed.emit(told);
      }),
  });

  (window._JUPYTERLAB ??= {})["gendiff-lab"] = {
    init: scope => void (shared = scope),
    get: async () => {
      const [version] = Object.values(shared["@jupyterlab/notebook"]);
      const notebook = (await version.get())();
      return () => ({ __esModule: true, default: plugin(notebook) });
    },
  };
}
