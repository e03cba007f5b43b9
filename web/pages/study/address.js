// Where studies are, on the page and in the API.

export const studyPage = (id) => `/studies/${encodeURIComponent(id)}`;
export const studyApi = (id, rest = "") => `/api/studies/${encodeURIComponent(id)}${rest}`;
export const stimulusesApi = (study) => studyApi(study, "/stimuli");
export const stimulusApi = (study, stimulus, rest = "") => studyApi(study, `/stimuli/${encodeURIComponent(stimulus)}${rest}`);
