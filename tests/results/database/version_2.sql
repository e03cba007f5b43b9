-- A database as version 2 of the schema wrote it (valence 0.1.0): two sessions, one of them left running, and a study.
BEGIN TRANSACTION;
CREATE TABLE events (
	"key" INTEGER NOT NULL, 
	session_key INTEGER NOT NULL, 
	time DOUBLE NOT NULL, 
	kind VARCHAR NOT NULL, 
	text VARCHAR NOT NULL, 
	PRIMARY KEY ("key"), 
	FOREIGN KEY(session_key) REFERENCES sessions ("key") ON DELETE CASCADE
);
INSERT INTO "events" VALUES(1,1,3.0,'source','The recording is cut short.');
CREATE TABLE faces (
	session_key INTEGER NOT NULL, 
	face_id INTEGER NOT NULL, 
	name VARCHAR NOT NULL, 
	PRIMARY KEY (session_key, face_id), 
	FOREIGN KEY(session_key) REFERENCES sessions ("key") ON DELETE CASCADE
);
INSERT INTO "faces" VALUES(1,1,'Ann');
CREATE TABLE samples (
	session_key INTEGER NOT NULL, 
	frame INTEGER NOT NULL, 
	face_id INTEGER NOT NULL, 
	time DOUBLE NOT NULL, 
	box_left DOUBLE NOT NULL, 
	box_top DOUBLE NOT NULL, 
	box_right DOUBLE NOT NULL, 
	box_bottom DOUBLE NOT NULL, 
	valence DOUBLE NOT NULL, 
	smoothed DOUBLE NOT NULL, 
	quality DOUBLE NOT NULL, 
	score DOUBLE NOT NULL, 
	PRIMARY KEY (session_key, frame, face_id), 
	FOREIGN KEY(session_key) REFERENCES sessions ("key") ON DELETE CASCADE
)
 WITHOUT ROWID

;
INSERT INTO "samples" VALUES(1,0,1,0.0,10.0,20.0,110.0,140.0,-0.5,-0.4,0.9,0.7);
INSERT INTO "samples" VALUES(1,1,1,0.1,10.0,20.0,110.0,140.0,-4.66666666666666674068e-01,-3.73333333333333350356e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,2,1,0.2,10.0,20.0,110.0,140.0,-4.33333333333333348136e-01,-3.46666666666666678509e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,3,1,0.3,10.0,20.0,110.0,140.0,-0.4,-3.20000000000000062172e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,4,1,0.4,10.0,20.0,110.0,140.0,-3.66666666666666696272e-01,-2.93333333333333390324e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,5,1,0.5,10.0,20.0,110.0,140.0,-3.3333333333333337034e-01,-2.66666666666666718477e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,6,1,0.6,10.0,20.0,110.0,140.0,-0.3,-0.24,0.9,0.7);
INSERT INTO "samples" VALUES(1,7,1,0.7,10.0,20.0,110.0,140.0,-2.66666666666666662965e-01,-2.13333333333333347026e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,8,1,0.8,10.0,20.0,110.0,140.0,-2.33333333333333337034e-01,-1.86666666666666675178e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,9,1,0.9,10.0,20.0,110.0,140.0,-0.2,-1.60000000000000031086e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,10,1,1.0,10.0,20.0,110.0,140.0,-1.6666666666666668517e-01,-1.33333333333333359238e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,11,1,1.1,10.0,20.0,110.0,140.0,-1.33333333333333359238e-01,-1.0666666666666668739e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,12,1,1.2,10.0,20.0,110.0,140.0,-9.99999999999999777955e-02,-7.99999999999999877875e-02,0.9,0.7);
INSERT INTO "samples" VALUES(1,13,1,1.3,10.0,20.0,110.0,140.0,-6.66666666666666518636e-02,-5.33333333333333228787e-02,0.9,0.7);
INSERT INTO "samples" VALUES(1,14,1,1.4,10.0,20.0,110.0,140.0,-3.33333333333333259318e-02,-2.66666666666666614393e-02,0.9,0.7);
INSERT INTO "samples" VALUES(1,15,1,1.5,10.0,20.0,110.0,140.0,0.0,0.0,0.9,0.7);
INSERT INTO "samples" VALUES(1,16,1,1.6,10.0,20.0,110.0,140.0,3.33333333333333259318e-02,2.66666666666666614393e-02,0.9,0.7);
INSERT INTO "samples" VALUES(1,17,1,1.7,10.0,20.0,110.0,140.0,6.66666666666666518636e-02,5.33333333333333228787e-02,0.9,0.7);
INSERT INTO "samples" VALUES(1,18,1,1.8,10.0,20.0,110.0,140.0,9.99999999999999777955e-02,7.99999999999999877875e-02,0.9,0.7);
INSERT INTO "samples" VALUES(1,19,1,1.9,10.0,20.0,110.0,140.0,1.33333333333333303727e-01,1.06666666666666645757e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,20,1,2.0,10.0,20.0,110.0,140.0,1.66666666666666629659e-01,1.33333333333333303727e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,21,1,2.1,10.0,20.0,110.0,140.0,1.99999999999999955591e-01,1.59999999999999975575e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,22,1,2.2,10.0,20.0,110.0,140.0,2.33333333333333281522e-01,1.86666666666666647422e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,23,1,2.3,10.0,20.0,110.0,140.0,2.66666666666666718477e-01,2.13333333333333374781e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,24,1,2.4,10.0,20.0,110.0,140.0,3.00000000000000044408e-01,2.40000000000000046629e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,25,1,2.5,10.0,20.0,110.0,140.0,3.3333333333333337034e-01,2.66666666666666718477e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,26,1,2.6,10.0,20.0,110.0,140.0,3.66666666666666696272e-01,2.93333333333333390324e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,27,1,2.7,10.0,20.0,110.0,140.0,0.4,3.20000000000000062172e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,28,1,2.8,10.0,20.0,110.0,140.0,4.33333333333333348136e-01,3.46666666666666678509e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,29,1,2.9,10.0,20.0,110.0,140.0,4.66666666666666674068e-01,3.73333333333333350356e-01,0.9,0.7);
INSERT INTO "samples" VALUES(1,30,1,3.0,10.0,20.0,110.0,140.0,0.5,0.4,0.9,0.7);
INSERT INTO "samples" VALUES(2,1,1,0.1,0.0,0.0,9.0,9.0,0.25,0.2,0.9,0.9);
CREATE TABLE schema (
	version INTEGER NOT NULL, 
	PRIMARY KEY (version)
);
INSERT INTO "schema" VALUES(2);
CREATE TABLE segments (
	"key" INTEGER NOT NULL, 
	stimulus_key INTEGER NOT NULL, 
	name VARCHAR NOT NULL, 
	start DOUBLE NOT NULL, 
	"end" DOUBLE NOT NULL, 
	PRIMARY KEY ("key"), 
	FOREIGN KEY(stimulus_key) REFERENCES stimuli ("key") ON DELETE CASCADE
);
INSERT INTO "segments" VALUES(1,1,'logo',2.0,3.0);
CREATE TABLE sessions (
	"key" INTEGER NOT NULL, 
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	source VARCHAR NOT NULL, 
	origin VARCHAR DEFAULT '' NOT NULL, 
	kind VARCHAR NOT NULL, 
	created DATETIME NOT NULL, 
	state VARCHAR NOT NULL, 
	error VARCHAR, 
	frames INTEGER NOT NULL, 
	frames_with_faces INTEGER NOT NULL, 
	duration_s DOUBLE NOT NULL, 
	device VARCHAR NOT NULL, 
	model_name VARCHAR NOT NULL, 
	model_sha256 VARCHAR NOT NULL, 
	settings JSON NOT NULL, 
	files JSON NOT NULL, 
	digest JSON, 
	owner_host VARCHAR NOT NULL, 
	owner_pid INTEGER NOT NULL, 
	owner_started VARCHAR NOT NULL, 
	heartbeat DATETIME NOT NULL, 
	PRIMARY KEY ("key"), 
	UNIQUE (id)
);
INSERT INTO "sessions" VALUES(1,'2026-11-22_18-30-05_clip','clip','/films/clip.mp4','/films/clip.mp4','video','2026-11-22 18:30:05.000000','done',NULL,31,31,3.0,'cpu','valence','c0ffee','{"detector": "libfacedetection", "smoothing_s": 0.3, "device_requested": "auto"}','{"csv": "2026-11-22_18-30-05_clip/valence.csv"}','{"faces": 1, "samples": 31, "valence_mean": -0.0, "curve": [-0.4, null, -0.3733, null, -0.3467, null, -0.32, null, -0.2933, null, -0.2667, null, -0.24, null, -0.2133, null, null, -0.1867, null, -0.16, null, -0.1333, null, -0.1067, null, -0.08, null, -0.0533, null, -0.0267, null, null, 0.0, null, 0.0267, null, 0.0533, null, 0.08, null, 0.1067, null, 0.1333, null, 0.16, null, 0.1867, null, null, 0.2133, null, 0.24, null, 0.2667, null, 0.2933, null, 0.32, null, 0.3467, null, 0.3733, null, 0.4]}','elsewhere',4242,'boot:1','2026-11-22 19:00:10.000000');
INSERT INTO "sessions" VALUES(2,'2026-11-22_19-00-00_live','live','browser camera','','live','2026-11-22 19:00:00.000000','running',NULL,2,1,0.1,'','','','{"smoothing": 0.3, "stored": "numbers", "consent": null}','{}',NULL,'elsewhere',4242,'boot:1','2026-11-22 19:00:10.000000');
CREATE TABLE stimuli (
	"key" INTEGER NOT NULL, 
	study_key INTEGER NOT NULL, 
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	path VARCHAR, 
	duration_s DOUBLE NOT NULL, 
	PRIMARY KEY ("key"), 
	UNIQUE (study_key, id), 
	FOREIGN KEY(study_key) REFERENCES studies ("key") ON DELETE CASCADE
);
INSERT INTO "stimuli" VALUES(1,1,'ad','Ad',NULL,3.0);
CREATE TABLE stretches (
	"key" INTEGER NOT NULL, 
	session_key INTEGER NOT NULL, 
	kind VARCHAR NOT NULL, 
	start DOUBLE NOT NULL, 
	"end" DOUBLE NOT NULL, 
	label VARCHAR NOT NULL, 
	face_id INTEGER, 
	PRIMARY KEY ("key"), 
	FOREIGN KEY(session_key) REFERENCES sessions ("key") ON DELETE CASCADE
);
INSERT INTO "stretches" VALUES(1,1,'marker',1.0,1.0,'smile',NULL);
INSERT INTO "stretches" VALUES(2,1,'excluded',2.0,2.5,'',NULL);
CREATE TABLE studies (
	"key" INTEGER NOT NULL, 
	id VARCHAR NOT NULL, 
	name VARCHAR NOT NULL, 
	created DATETIME NOT NULL, 
	notes VARCHAR NOT NULL, 
	consent_text VARCHAR NOT NULL, 
	keep_media BOOLEAN NOT NULL, 
	settings JSON NOT NULL, 
	PRIMARY KEY ("key"), 
	UNIQUE (id)
);
INSERT INTO "studies" VALUES(1,'spring-ad','Spring ad','2026-11-22 17:00:00.000000','first wave','You agree.',0,'{"step": 0.25, "max_gap": 1.0, "min_quality": 0.3, "min_coverage": 0.25, "baseline": [0.0, 1.0]}');
CREATE TABLE viewers (
	"key" INTEGER NOT NULL, 
	study_key INTEGER NOT NULL, 
	id VARCHAR NOT NULL, 
	created DATETIME NOT NULL, 
	consent_text VARCHAR, 
	consent_time DATETIME, 
	PRIMARY KEY ("key"), 
	UNIQUE (study_key, id), 
	FOREIGN KEY(study_key) REFERENCES studies ("key") ON DELETE CASCADE
);
INSERT INTO "viewers" VALUES(1,1,'Ann','2026-11-22 18:00:00.000000','You agree.','2026-11-22 18:00:00.000000');
CREATE TABLE viewings (
	"key" INTEGER NOT NULL, 
	stimulus_key INTEGER NOT NULL, 
	viewer_key INTEGER NOT NULL, 
	session_key INTEGER NOT NULL, 
	face_id INTEGER, 
	offset_s DOUBLE NOT NULL, 
	clock JSON NOT NULL, 
	PRIMARY KEY ("key"), 
	UNIQUE (stimulus_key, session_key, viewer_key), 
	FOREIGN KEY(stimulus_key) REFERENCES stimuli ("key") ON DELETE CASCADE, 
	FOREIGN KEY(viewer_key) REFERENCES viewers ("key") ON DELETE CASCADE, 
	FOREIGN KEY(session_key) REFERENCES sessions ("key") ON DELETE CASCADE
);
INSERT INTO "viewings" VALUES(1,1,1,1,1,0.0,'[]');
CREATE INDEX ix_sessions_state ON sessions (state);
CREATE INDEX ix_sessions_created ON sessions (created);
CREATE INDEX ix_events_session_key ON events (session_key);
CREATE INDEX ix_stretches_session_key ON stretches (session_key);
CREATE INDEX ix_segments_stimulus_key ON segments (stimulus_key);
CREATE INDEX ix_viewings_session_key ON viewings (session_key);
CREATE INDEX ix_viewings_viewer_key ON viewings (viewer_key);
CREATE INDEX viewings_by_stimulus ON viewings (stimulus_key);
COMMIT;
