using Microsoft.EntityFrameworkCore.Migrations;

#nullable disable

namespace OCore.Platform.Data.Migrations.Sqlite
{
    /// <inheritdoc />
    public partial class FiguresOfAge : Migration
    {
        /// <inheritdoc />
        protected override void Up(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.AddColumn<double>(
                name: "BackupAge",
                table: "MetricSamples",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "CertificateDays",
                table: "MetricSamples",
                type: "REAL",
                nullable: true);

            migrationBuilder.AddColumn<double>(
                name: "Uptime",
                table: "MetricSamples",
                type: "REAL",
                nullable: true);
        }

        /// <inheritdoc />
        protected override void Down(MigrationBuilder migrationBuilder)
        {
            migrationBuilder.DropColumn(
                name: "BackupAge",
                table: "MetricSamples");

            migrationBuilder.DropColumn(
                name: "CertificateDays",
                table: "MetricSamples");

            migrationBuilder.DropColumn(
                name: "Uptime",
                table: "MetricSamples");
        }
    }
}
